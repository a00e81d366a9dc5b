require "set"

# Keeps cookies.
module Shelf
  LIMIT = 12

  # Holds cookies.
  class Jar < Box
    attr_reader :size

    # A new jar.
    def initialize(size)
      super
      @size = size
    end

    def open? = true

    def self.of(*cookies)
      new(cookies.length)
    end

    class << self
      def empty
        new(0)
      end
    end
  end

  class Jar::Label
  end
end

def fill(count, kind: "oat")
  lift(count).select { |n| n < Shelf::LIMIT }
end

class JarTest
  def test_open
    assert Shelf::Jar.of(1).open?
  end
end

describe "fill" do
  it "fills two" do
    expect(fill(2)).to eq(2)
  end
end
