class Jar
  def fill(count
    count +
  end
