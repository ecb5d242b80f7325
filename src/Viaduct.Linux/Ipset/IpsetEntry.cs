using System.Net;

namespace Viaduct.Linux.Ipset;

/// <summary>An entry of a set; which parts it has depends on the set's type.</summary>
public readonly record struct IpsetEntry
{
    /// <summary>The first address.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The prefix length of <see cref="Address"/>, for hash:net.</summary>
    public byte? Prefix { get; init; }

    /// <summary>The IP protocol number that belongs to <see cref="Port"/>.</summary>
    public byte Protocol { get; init; }

    /// <summary>The port; null in a set without ports.</summary>
    public ushort? Port { get; init; }

    /// <summary>The second address, for hash:ip,port,ip and hash:ip,port,net.</summary>
    public IPAddress? SecondAddress { get; init; }

    /// <summary>The prefix length of <see cref="SecondAddress"/>, for hash:ip,port,net.</summary>
    public byte? SecondPrefix { get; init; }

    /// <summary>The mark that <c>SET --map-mark</c> gives to packets; null without one.</summary>
    public uint? Mark { get; init; }

    /// <summary>As ipset(8) writes it.</summary>
    public override string ToString()
    {
        var text = Address + (Prefix is { } prefix ? $"/{prefix}" : "");
        if (Port is { } port)
            text += $",{Protocol switch { 6 => "tcp", 17 => "udp", 132 => "sctp", _ => Protocol.ToString() }}:{port}";
        if (SecondAddress is { } second)
            text += $",{second}{(SecondPrefix is { } length ? $"/{length}" : "")}";
        return Mark is { } mark ? $"{text} skbmark 0x{mark:x}" : text;
    }
}
