// Package jar keeps cookies.
package jar

import "testing"

// Limit is how many fit.
const Limit = 12

const (
	Oat    = iota
	Ginger // spicy
)

var open, sealed bool

// Cookie can be bitten.
type Cookie interface {
	Bite(depth int) error
}

type (
	// Jar holds cookies.
	Jar struct {
		size int
	}
	Alias = Jar
)

// Fill fills the jar.
func Fill(count int, kind string) (int, error) {
	fits := func(c Cookie) bool { return c.Bite(1) == nil }
	return lift(count, fits)
}

// Lid tells the lid.
func (j *Jar) Lid() string {
	return "lid"
}

func (b Box[T]) Get(index int) T { return b.items[index] }

func TestFill(t *testing.T) {
	if n, _ := Fill(2, "oat"); n != 2 {
		t.Fatal(n)
	}
}
