class Jar {
    func fill(count: Int {
    }
    let = 3
