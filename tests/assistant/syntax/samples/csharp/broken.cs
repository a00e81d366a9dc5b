class Jar {
    void Fill(int count {
    }
    int = 3;
}
