using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Frontends and endpoints as keys and values of the table's sets. Every part of a concatenation takes whole words of four bytes.</summary>
internal static class TableKeys
{
    /// <summary>Room for every key.</summary>
    public const int MaxLength = 64;

    private const int Word = 4;

    /// <summary>The slot of the first endpoint for policy Local.</summary>
    public const int FirstLocalSlot = 65536;

    /// <summary>In the number of a Service port: its cluster IP leads to other endpoints than its other frontends (internalTrafficPolicy Local).</summary>
    public const uint InternalLocal = 0x8000_0000;

    /// <summary><c>address . protocol . port</c>, or for a node port <c>protocol . port</c>.</summary>
    public static int Write(Span<byte> key, Frontend frontend)
    {
        key.Clear();
        var at = frontend.IsNodePort ? 0 : frontend.Address.WriteTo(key);
        key[at] = (byte)frontend.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(key[(at + Word)..], frontend.Port);
        return at + (2 * Word);
    }

    /// <summary><c>frontend . slot</c></summary>
    public static int Write(Span<byte> key, Frontend frontend, int slot)
    {
        var at = Write(key, frontend);
        MemoryMarshal.Write(key[at..], slot);
        return at + Word;
    }

    /// <summary><c>address . port</c></summary>
    public static int Write(Span<byte> key, EndpointAddress target)
    {
        var at = target.Address.WriteTo(key);
        key.Slice(at, Word).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(key[at..], target.Port);
        return at + Word;
    }

    /// <summary><c>address . address</c></summary>
    public static int WritePair(Span<byte> key, PackedAddress address)
    {
        var length = address.WriteTo(key);
        return length + address.WriteTo(key[length..]);
    }

    /// <summary><c>protocol . number</c></summary>
    public static int Write(Span<byte> key, TransportProtocol protocol, uint id)
    {
        key[..Word].Clear();
        key[0] = (byte)protocol;
        MemoryMarshal.Write(key[Word..], id);
        return 2 * Word;
    }

    /// <summary><c>protocol . number . address . port</c></summary>
    public static int Write(Span<byte> key, AffinityTarget target)
    {
        var at = Write(key, target.Protocol, target.Id);
        return at + Write(key[at..], target.Target);
    }

    /// <summary><c>frontend . address</c>, the first and the last.</summary>
    public static int Write(Span<byte> key, Span<byte> keyEnd, SourceRange range)
    {
        var at = Write(key, range.Frontend);
        key[..at].CopyTo(keyEnd);
        range.Range.Last.WriteTo(keyEnd[at..]);
        return at + range.Range.First.WriteTo(key[at..]);
    }

    public static Frontend ReadFrontend(ReadOnlySpan<byte> key, IPFamily family, bool isNodePort)
    {
        var rest = isNodePort ? key : key[AddressLength(family)..];
        var (protocol, port) = ((TransportProtocol)rest[0], BinaryPrimitives.ReadUInt16BigEndian(rest[Word..]));
        return isNodePort ? Frontend.NodePort(protocol, port) : Frontend.On(ReadAddress(key, family), protocol, port);
    }

    public static int ReadSlot(ReadOnlySpan<byte> key, IPFamily family, bool isNodePort) =>
        MemoryMarshal.Read<int>(key[FrontendLength(family, isNodePort)..]);

    public static EndpointAddress ReadTarget(ReadOnlySpan<byte> value, IPFamily family) =>
        new(ReadAddress(value, family), BinaryPrimitives.ReadUInt16BigEndian(value[AddressLength(family)..]));

    public static PackedAddress ReadAddress(ReadOnlySpan<byte> bytes, IPFamily family) => PackedAddress.Read(bytes[..AddressLength(family)]);

    public static uint ReadAffinityId(ReadOnlySpan<byte> value) => MemoryMarshal.Read<uint>(value[Word..]);

    public static AffinityTarget ReadAffinityTarget(ReadOnlySpan<byte> key, IPFamily family, bool isLocal) =>
        new(isLocal, (TransportProtocol)key[0], ReadAffinityId(key), ReadTarget(key[(2 * Word)..], family));

    public static SourceRange ReadSourceRange(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd, IPFamily family)
    {
        var at = FrontendLength(family, isNodePort: false);
        var first = ReadAddress(key[at..], family);
        return new(ReadFrontend(key, family, isNodePort: false), new(first, keyEnd.IsEmpty ? first : ReadAddress(keyEnd[at..], family)));
    }

    public static int AddressLength(IPFamily family) => family == IPFamily.IPv4 ? 4 : 16;

    public static int FrontendLength(IPFamily family, bool isNodePort) => (isNodePort ? 0 : AddressLength(family)) + (2 * Word);
}
