import XCTest

/// How many fit.
let limit = 12

/// Can be bitten.
protocol Cookie {
    func bite(depth: Int) -> Bool
}

enum Taste { case oat, ginger }

typealias Recipe = [Int]

/// Holds cookies.
@objc
class Jar<T: Cookie>: Box {
    var lid: String { "lid" }

    init(size: Int) {
        super.init(size)
    }

    // Not documentation.
    func open() -> Bool {
        return lift(self.lid)
    }

    struct Label {
        var text = ""
    }
}

extension Jar {
    func shake() {}
}

func fill(count: Int, kind: String = "oat") -> Int {
    func fits(_ n: Int) -> Bool { n < limit }
    return lift(count)
}

final class JarTests: XCTestCase {
    func testOpens() {
        XCTAssertTrue(Jar(size: 1).open())
    }
}
