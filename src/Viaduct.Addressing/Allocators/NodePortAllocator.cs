namespace Viaduct.Addressing;

/// <summary>
/// Node ports of Services. The first ports of the range (16 to 128; 86 of the default range) are left for people who choose
/// one (KEP-3668: size/32, from 16 to 128; none in a range of 16 or less).
/// </summary>
public sealed class NodePortAllocator
{
    private readonly BandedAllocator _numbers;

    public NodePortAllocator(PortRange range, Random? random = null)
    {
        Range = range;
        StaticBand = range.Size <= 16 ? 0 : Math.Clamp(range.Size / 32, 16, 128);
        _numbers = new BandedAllocator(range.Size, StaticBand, random ?? Random.Shared);
    }

    public PortRange Range { get; }

    /// <summary>How many ports at the begin of the range are handed out last.</summary>
    public int StaticBand { get; }

    public int Free => _numbers.Free;

    /// <summary>Takes this port, if it is free.</summary>
    public Reservation Reserve(int port) => _numbers.Reserve(NumberOf(port));

    /// <summary>Takes a free port; null when all are taken.</summary>
    public int? Allocate() => _numbers.Allocate() is { } number ? Range.First + number : null;

    /// <summary>Gives a port back; false when it was free.</summary>
    public bool Release(int port) => _numbers.Release(NumberOf(port));

    public bool IsTaken(int port) => _numbers.IsTaken(NumberOf(port));

    private UInt128? NumberOf(int port) => Range.Contains(port) ? (uint)(port - Range.First) : null;
}
