namespace Viaduct.Addressing;

/// <summary>
/// Hands out the numbers 0 to size-1, at random so that two that were just given out are seldom neighbours. Those below
/// <c>staticBand</c> are left for people who choose one themselves: they are handed out only when all others are taken (KEP-3070).
/// Each call takes a few steps, however full the range is. Safe for concurrent use.
/// </summary>
internal sealed class BandedAllocator(int size, int staticBand, Random random)
{
    private readonly NumberSet _taken = new(size);
    private readonly Lock _lock = new();

    public int Free
    {
        get
        {
            lock (_lock)
                return size - _taken.Count;
        }
    }

    public Reservation Reserve(UInt128? number)
    {
        if (Index(number) is not { } index)
            return Reservation.OutOfRange;
        lock (_lock)
            return _taken.Add(index) ? Reservation.Reserved : Reservation.Taken;
    }

    /// <summary>A free number, or null when there is none.</summary>
    public int? Allocate()
    {
        lock (_lock)
        {
            if ((MissingIn(staticBand, size) ?? MissingIn(0, staticBand)) is not { } number)
                return null;
            _taken.Add(number);
            return number;
        }
    }

    public bool Release(UInt128? number)
    {
        if (Index(number) is not { } index)
            return false;
        lock (_lock)
            return _taken.Remove(index);
    }

    public bool IsTaken(UInt128? number)
    {
        if (Index(number) is not { } index)
            return false;
        lock (_lock)
            return _taken.Contains(index);
    }

    private int? Index(UInt128? number) => number is { } value && value < (uint)size ? (int)value : null;

    /// <summary>From a random start, once around the band.</summary>
    private int? MissingIn(int from, int to)
    {
        if (from >= to)
            return null;
        var start = random.Next(from, to);
        return _taken.NextMissing(start, to) ?? _taken.NextMissing(from, start);
    }
}
