package app

import "testing"

func TestGarbageIsBoundedByWhatIsAlive(t *testing.T) {
	t.Parallel()
	for alive, want := range map[uint64]int{0: 400, 10 << 20: 400, 64 << 20: 400, 128 << 20: 200, 256 << 20: 100, 4 << 30: 100} {
		if got := garbage(alive); got != want {
			t.Errorf("%d bytes alive: %d %%, want %d", alive, got, want)
		}
	}
}
