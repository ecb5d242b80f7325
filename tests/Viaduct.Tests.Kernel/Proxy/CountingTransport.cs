using System.Runtime.InteropServices;
using Viaduct.Linux.Netlink;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>Counts the datagrams that are sent, by the type of their first message.</summary>
internal sealed class CountingTransport(INetlinkTransport inner) : INetlinkTransport
{
    private readonly Dictionary<int, int> sent = [];

    public uint PortId => inner.PortId;

    /// <summary>How many requests to nf_tables had this type (NFT_MSG_*).</summary>
    public int CountOf(int type) => sent.GetValueOrDefault(type);

    public void Send(ReadOnlySpan<byte> datagram)
    {
        var type = MemoryMarshal.Read<ushort>(datagram[4..]) & 0xff;
        sent[type] = CountOf(type) + 1;
        inner.Send(datagram);
    }

    public int Receive(Span<byte> buffer, bool wait = true) => inner.Receive(buffer, wait);

    public void Dispose() => inner.Dispose();
}
