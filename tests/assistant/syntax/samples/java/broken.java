class Jar {
    void fill(int count {
    }
    int = 3;
}
