using System.Net.Sockets;
using System.Text;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Where the chains of iptables-legacy's tables begin, and how many rules and bytes there are: what the kernel tells at once, however many they are.</summary>
internal sealed class LegacySizes(NetNamespace ns, IPFamily family) : IDisposable
{
    // IPT_SO_GET_INFO of linux/netfilter_ipv4/ip_tables.h and IP6T_SO_GET_INFO, both with a struct of 84 bytes that begins with the table's name.
    private const int SolIp = 0, SolIPv6 = 41, GetInfo = 64, InfoSize = 84;

    private readonly Socket socket = ns.Run(() => new Socket(family.ToAddressFamily(), SocketType.Dgram, ProtocolType.Udp));

    /// <summary>A value that is another one after nearly every change of one of the tables; waits for one that is being made.</summary>
    public byte[] Read()
    {
        var all = new byte[TableNames.All.Length * InfoSize];
        for (var i = 0; i < TableNames.All.Length; i++)
            Read(TableNames.All[i], all.AsSpan(i * InfoSize, InfoSize));
        return all;
    }

    public void Dispose() => socket.Dispose();

    private void Read(string table, Span<byte> info)
    {
        Encoding.ASCII.GetBytes(table, info);
        try
        {
            socket.GetRawSocketOption(family == IPFamily.IPv4 ? SolIp : SolIPv6, GetInfo, info);
        }
        catch (SocketException)
        {
            // There is no such table, which is a state, too.
            info.Clear();
        }
    }
}
