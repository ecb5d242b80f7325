namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>
/// Numbers of a range, taken and given back. The first ones (the static band) are handed out last, so that people who choose a
/// number by hand from there seldom meet one that was drawn (KEP-3070, KEP-3668).
/// </summary>
internal sealed class NumberPool(uint first, uint count, uint staticBand)
{
    private readonly HashSet<uint> _used = [];

    public uint First => first;

    public bool Contains(uint number) => number >= first && number - first < count;

    /// <summary>False when somebody has it; the caller has asked <see cref="Contains"/>.</summary>
    public bool TryTake(uint number) => _used.Add(number);

    /// <summary>Any free number, or null when none is left.</summary>
    public uint? TakeAny() => TakeFrom(staticBand, count) ?? TakeFrom(0, staticBand);

    public void GiveBack(uint number) => _used.Remove(number);

    private uint? TakeFrom(uint from, uint to)
    {
        if (_used.Count >= count || from >= to)
            return null;
        var length = to - from;
        var start = (uint)Random.Shared.NextInt64(length);
        for (uint i = 0; i < length; i++)
        {
            var number = first + from + ((start + i) % length);
            if (_used.Add(number))
                return number;
        }
        return null;
    }
}
