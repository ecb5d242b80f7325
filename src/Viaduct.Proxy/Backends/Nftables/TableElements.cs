using System.Buffers.Binary;
using System.Net;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Frontends and endpoints as keys and values of the table's maps, and back.</summary>
internal static class TableElements
{
    // Every part of a concatenation takes four bytes.
    private const int Part = 4;

    public static NftElement Verdict(Frontend frontend, FrontendVerdict verdict) =>
        new(Key(frontend), NftVerdict.Goto(new FanOut(frontend.IsNodePort, verdict.Endpoints).ChainName)) { Comment = verdict.Owner };

    public static NftElement Endpoint(Frontend frontend, int slot, EndpointAddress target) =>
        new(NftData.Concatenate(Key(frontend), NftData.Word((uint)slot)), NftData.Concatenate(NftData.Address(target.Address), NftData.Port(target.Port)));

    public static NftElement Address(IPAddress address) => new(NftData.Address(address));

    public static NftElement NodePort(Frontend frontend) => new(Key(frontend));

    public static NftElement Hairpin(IPAddress address) => new(NftData.Concatenate(NftData.Address(address), NftData.Address(address)));

    public static Frontend ReadFrontend(ReadOnlySpan<byte> key, bool isNodePort)
    {
        var rest = isNodePort ? key : key[Part..];
        return new Frontend(isNodePort ? null : ReadAddress(key), (TransportProtocol)rest[0], BinaryPrimitives.ReadUInt16BigEndian(rest[Part..]));
    }

    public static int ReadSlot(ReadOnlySpan<byte> key, bool isNodePort) => BitConverter.ToInt32(key[((isNodePort ? 2 : 3) * Part)..]);

    public static EndpointAddress ReadTarget(ReadOnlySpan<byte> value) => new(ReadAddress(value), BinaryPrimitives.ReadUInt16BigEndian(value[Part..]));

    public static IPAddress ReadAddress(ReadOnlySpan<byte> bytes) => new(bytes[..Part]);

    private static NftData Key(Frontend frontend)
    {
        var (protocol, port) = (NftData.Byte((byte)frontend.Protocol), NftData.Port(frontend.Port));
        return frontend.Address is { } address
            ? NftData.Concatenate(NftData.Address(address), protocol, port)
            : NftData.Concatenate(protocol, port);
    }
}
