namespace Viaduct.Linux.Polling;

/// <summary>
/// Who is behind the numbers that come back with events. A number is given again only after the events at hand were all handled, so that one that was told
/// for a socket closed meanwhile reaches nobody.
/// </summary>
internal sealed class ReadySlots
{
    private readonly Stack<int> free = [];
    private readonly List<int> left = [];
    private IReady?[] owners = new IReady?[64];
    private int used;

    public int Count { get; private set; }

    public IReadOnlyList<IReady> Owners() => [.. owners.OfType<IReady>().Distinct()];

    public IReady? this[long slot] => owners[slot];

    public int Add(IReady owner)
    {
        if (!free.TryPop(out var slot))
            slot = used++;
        if (slot == owners.Length)
            Array.Resize(ref owners, 2 * owners.Length);
        owners[slot] = owner;
        Count++;
        return slot;
    }

    public void Remove(int slot)
    {
        if (owners[slot] is null)
            return;
        owners[slot] = null;
        left.Add(slot);
        Count--;
    }

    /// <summary>All events at hand were handled.</summary>
    public void Recycle()
    {
        foreach (var slot in left)
            free.Push(slot);
        left.Clear();
    }
}
