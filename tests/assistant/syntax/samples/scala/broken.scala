class Jar {
  def fill(count: Int = {
  }
  val = 3
