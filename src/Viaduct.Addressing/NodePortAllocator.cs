using System.Globalization;

namespace Viaduct.Addressing;

/// <summary>A range of ports, both ends included.</summary>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>30000-32767, the default range of node ports.</summary>
    public static PortRange NodePorts { get; } = new(30000, 32767);

    public int Size => Last - First + 1;

    public bool Contains(int port) => port >= First && port <= Last;

    /// <summary>Parses <c>30000-32767</c>.</summary>
    /// <exception cref="AddressingException">A sentence that names the field.</exception>
    public static PortRange Parse(string text, string field)
    {
        if (text.Split('-') is [var from, var to] && Port(from) is { } first && Port(to) is { } last && first <= last)
            return new PortRange(first, last);
        throw new AddressingException($"{field}: \"{text}\" is not a range of ports such as 30000-32767");
    }

    public override string ToString() => $"{First}-{Last}";

    private static int? Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port : null;
}

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
    public Reservation Reserve(int port) => _numbers.Reserve(port - Range.First);

    /// <summary>Takes a free port; null when all are taken.</summary>
    public int? Allocate() => _numbers.Allocate() is { } number ? Range.First + number : null;

    /// <summary>Gives a port back; false when it was free.</summary>
    public bool Release(int port) => _numbers.Release(port - Range.First);

    public bool IsTaken(int port) => _numbers.IsTaken(port - Range.First);
}
