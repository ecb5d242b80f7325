using System.Collections;

namespace Viaduct.Addressing;

/// <summary>What came of asking for one particular address, port or block.</summary>
public enum Reservation
{
    Reserved,
    Taken,
    OutOfRange,
}

/// <summary>
/// Hands out the numbers 0 to size-1. Those below <c>staticBand</c> are left for people who choose one themselves: they are
/// handed out only when all others are taken (KEP-3070). Safe for concurrent use.
/// </summary>
internal sealed class BandedAllocator(int size, int staticBand, Random random)
{
    private readonly BitArray _taken = new(size);
    private readonly Lock _lock = new();
    private int _count;

    public int Free
    {
        get
        {
            lock (_lock)
                return size - _count;
        }
    }

    public Reservation Reserve(long number)
    {
        if (number < 0 || number >= size)
            return Reservation.OutOfRange;
        lock (_lock)
        {
            if (_taken[(int)number])
                return Reservation.Taken;
            Take((int)number);
            return Reservation.Reserved;
        }
    }

    /// <summary>A free number, or null when there is none.</summary>
    public int? Allocate()
    {
        lock (_lock)
        {
            if ((FreeIn(staticBand, size) ?? FreeIn(0, staticBand)) is not { } number)
                return null;
            Take(number);
            return number;
        }
    }

    public bool Release(long number)
    {
        if (number < 0 || number >= size)
            return false;
        lock (_lock)
        {
            if (!_taken[(int)number])
                return false;
            _taken[(int)number] = false;
            _count--;
            return true;
        }
    }

    public bool IsTaken(long number)
    {
        if (number < 0 || number >= size)
            return false;
        lock (_lock)
            return _taken[(int)number];
    }

    private void Take(int number)
    {
        _taken[number] = true;
        _count++;
    }

    /// <summary>From a random start, once around the band.</summary>
    private int? FreeIn(int from, int to)
    {
        if (from >= to)
            return null;
        var start = random.Next(from, to);
        for (var i = 0; i < to - from; i++)
        {
            var number = from + ((start - from + i) % (to - from));
            if (!_taken[number])
                return number;
        }
        return null;
    }
}
