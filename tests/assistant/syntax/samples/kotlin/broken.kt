class Jar {
    fun fill(count: Int {
    }
    val = 3
