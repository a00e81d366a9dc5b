local M = {}

local LIMIT = 12

--- Fills the jar.
-- @param count how many
function M.fill(count, kind)
  local fits = function(n) return n < LIMIT end
  return lift(count)
end

function M:open()
  return self.lid
end

local function seal(jar)
  jar:close()
end

M.shake = function(times)
  seal(M)
end

describe("jar", function()
  it("fills", function()
    assert(M.fill(2) == 2)
  end)
end)

return M
