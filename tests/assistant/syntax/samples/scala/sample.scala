package shelf

/** How many fit. */
object Limits {
  val Limit = 12
}

/** Can be bitten. */
trait Cookie {
  def bite(depth: Int): Boolean
}

type Recipe = List[Int]

/** Holds cookies. */
@volatile
class Jar[T <: Cookie](val size: Int) extends Box {
  private var lid: Option[T] = None

  // Not documentation.
  override def open(): Boolean = {
    lift(size)
  }

  class Label
}

case class Crumb(width: Int)

object Jar {
  def of(cookies: Cookie*): Jar[Cookie] = new Jar(cookies.length)
}

def fill(count: Int, kind: String = "oat"): Int = {
  def fits(n: Int) = n < 12
  lift(count)
}
