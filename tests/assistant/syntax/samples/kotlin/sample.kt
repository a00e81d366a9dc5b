package shelf

import kotlin.test.Test

/** How many fit. */
const val LIMIT = 12

/** Can be bitten. */
interface Cookie {
    fun bite(depth: Int): Boolean
}

enum class Taste { OAT, GINGER }

typealias Recipe = List<Int>

/** Holds cookies. */
@Sealed
open class Jar<T : Cookie>(val size: Int) : Box() {
    val lid: String get() = "lid"

    // Not documentation.
    override fun open(): Boolean {
        return lift(size)
    }

    class Label

    companion object {
        fun of(vararg cookies: Cookie) = Jar<Cookie>(cookies.size)
    }
}

data class Crumb(val width: Int)

object Shelf {
    fun stack() {}
}

fun fill(count: Int, kind: String = "oat"): Int {
    fun fits(n: Int) = n < LIMIT
    return lift(count)
}

fun Jar<*>.shake() = fill(size)

class JarTest {
    @Test
    fun opens() {
        assert(Jar.of().open())
    }
}
