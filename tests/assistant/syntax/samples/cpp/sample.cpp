#include <vector>

namespace shelf {

/// How many fit.
constexpr int LIMIT = 12;

enum class Taste { Oat, Ginger };

using Recipe = std::vector<int>;

/** Holds cookies. */
template <typename T>
class Jar : public Box {
 public:
  explicit Jar(int size) : size_(size) {}
  ~Jar();

  // Not a doc comment.
  int size() const { return size_; }
  void add(const T& cookie);
  void add(T&& cookie) { items_.push_back(lift(cookie)); }

  bool operator==(const Jar& other) const { return size_ == other.size_; }

  struct Label {
    int width;
  };

 private:
  int size_;
  std::vector<T> items_;
};

template <typename T>
void Jar<T>::add(const T& cookie) {
  items_.push_back(cookie);
}

Door::Door() {}

int fill(int count) {
  auto fits = [](int n) { return n < LIMIT; };
  return fits(count);
}

}  // namespace shelf

TEST(JarTest, Fills) {
  EXPECT_EQ(shelf::fill(2), 1);
}
