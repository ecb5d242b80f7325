using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>A table of iptables-legacy, asked for its size as iptables itself asks.</summary>
internal sealed class LegacyTable(NetNamespace inside, string name) : IDisposable
{
    // linux/netfilter_ipv4/ip_tables.h: IPT_SO_GET_INFO, and struct ipt_getinfo, whose last two numbers are the entries and their bytes.
    private const int SolIp = 0, GetInfo = 64, InfoSize = 84, EntriesOffset = 76;

    private readonly Socket _socket = inside.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));

    /// <summary>How many rules there are. Waits for a change that is being made.</summary>
    public int CountEntries()
    {
        Span<byte> info = stackalloc byte[InfoSize];
        Encoding.ASCII.GetBytes(name, info);
        _socket.GetRawSocketOption(SolIp, GetInfo, info);
        return BinaryPrimitives.ReadInt32LittleEndian(info[EntriesOffset..]);
    }

    public void Dispose() => _socket.Dispose();
}
