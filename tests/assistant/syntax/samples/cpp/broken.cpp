class Jar {
  int size( { return 1; }
};
int fill(int) { return 2 +; }
