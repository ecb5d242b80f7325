namespace Viaduct.Addressing;

/// <summary>
/// Hands out the numbers 0 to size-1 in turn, each number once before any is used again; after that those that were given back, the
/// longest unused first. Whoever still has something in memory about the former owner (a route, a neighbour, a connection) has the
/// longest possible time to forget it. Not for concurrent use.
/// </summary>
internal sealed class NextFitAllocator(int size)
{
    private readonly NumberSet _taken = new(size);

    /// <summary>Taken now or before.</summary>
    private readonly NumberSet _used = new(size);

    private readonly LinkedList<int> _freed = new();
    private readonly Dictionary<int, LinkedListNode<int>> _freedAt = [];
    private int _next;

    public int Size => size;

    public int Free => size - _taken.Count;

    public int? Allocate()
    {
        if ((_used.NextMissing(_next, size) ?? _used.NextMissing(0, _next)) is { } unused)
        {
            ContinueAfter(unused);
            Take(unused);
            return unused;
        }
        if (_freed.First?.Value is not { } freed)
            return null;
        Take(freed);
        return freed;
    }

    /// <summary>False when it is taken.</summary>
    public bool Reserve(int number)
    {
        if (_taken.Contains(number))
            return false;
        Take(number);
        return true;
    }

    /// <summary>False when it was free.</summary>
    public bool Release(int number)
    {
        if (!_taken.Remove(number))
            return false;
        _freedAt[number] = _freed.AddLast(number);
        return true;
    }

    public bool IsTaken(int number) => _taken.Contains(number);

    /// <summary>Goes on behind this number, as if it had been given out last.</summary>
    public void ContinueAfter(int number) => _next = number + 1 == size ? 0 : number + 1;

    private void Take(int number)
    {
        _taken.Add(number);
        _used.Add(number);
        if (_freedAt.Remove(number, out var node))
            _freed.Remove(node);
    }
}
