namespace Viaduct.Linux.Nftables;

/// <summary>
/// Type of a set's key or a map's value. The kernel needs only the length; the number tells nft(8) how to print it
/// (enum datatypes in nftables' include/datatype.h).
/// </summary>
/// <param name="Name">As nft(8) writes it.</param>
/// <param name="Id">nft's number of the type; a concatenation has six bits per part.</param>
/// <param name="Length">Bytes of a value; each part of a concatenation takes whole 32-bit registers.</param>
public sealed record NftType(string Name, uint Id, int Length)
{
    private const int BitsPerPart = 6;

    // The types that a concatenation may have as parts, for their lengths.
    private static readonly Dictionary<uint, int> PartLengths = new() { [7] = 4, [8] = 16, [9] = 6, [12] = 1, [13] = 2, [19] = 4, [41] = 16 };

    /// <summary><c>ipv4_addr</c></summary>
    public static NftType IPv4Address { get; } = new("ipv4_addr", 7, 4);

    /// <summary><c>ipv6_addr</c></summary>
    public static NftType IPv6Address { get; } = new("ipv6_addr", 8, 16);

    /// <summary><c>ether_addr</c></summary>
    public static NftType EthernetAddress { get; } = new("ether_addr", 9, 6);

    /// <summary><c>inet_proto</c>: an IP protocol number.</summary>
    public static NftType InetProtocol { get; } = new("inet_proto", 12, 1);

    /// <summary><c>inet_service</c>: a port, big-endian.</summary>
    public static NftType InetService { get; } = new("inet_service", 13, 2);

    /// <summary><c>mark</c>: a number in the host's byte order.</summary>
    public static NftType Mark { get; } = new("mark", 19, 4);

    /// <summary><c>ifname</c>: a device name, padded with zeros.</summary>
    public static NftType InterfaceName { get; } = new("ifname", 41, 16);

    /// <summary>What to do with the packet; only as a map's value (NFT_DATA_VERDICT).</summary>
    public static NftType Verdict { get; } = new("verdict", 0xffffff00, 0);

    /// <summary>Several values side by side, as in <c>ipv4_addr . inet_service</c>.</summary>
    public static NftType Concatenate(params ReadOnlySpan<NftType> parts)
    {
        uint id = 0;
        var length = 0;
        var names = new string[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            id = (id << BitsPerPart) | parts[i].Id;
            length += (parts[i].Length + 3) & ~3;
            names[i] = parts[i].Name;
        }

        return new NftType(string.Join(" . ", names), id, length);
    }

    /// <summary>Whether it is several values side by side.</summary>
    public bool IsConcatenation => Id != Verdict.Id && Id >= 1 << BitsPerPart;

    /// <summary>Bytes of each part, without padding.</summary>
    public IReadOnlyList<int> FieldLengths() => IsConcatenation ? FieldLengths(Id) : [Length];

    /// <summary>Bytes of each part of the type with this number.</summary>
    internal static IReadOnlyList<int> FieldLengths(uint id)
    {
        var lengths = new List<int>();
        for (; id != 0; id >>= BitsPerPart)
            lengths.Insert(0, PartLengths[id & ((1 << BitsPerPart) - 1)]);
        return lengths;
    }

    /// <summary>As nft(8) writes it.</summary>
    public override string ToString() => Name;
}
