function fill(count
  return count +
end
local = 3
