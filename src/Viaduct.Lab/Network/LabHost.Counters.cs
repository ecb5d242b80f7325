using System.Globalization;

namespace Viaduct.Lab.Network;

/// <content>What the protocol stack counts.</content>
public sealed partial class LabHost
{
    /// <summary>A counter of the IP layer (RFC 4293), as <c>nstat -az</c> shows it: IpInReceives, IpForwDatagrams ...</summary>
    public long Counter(string name)
    {
        // Two lines for each protocol: the names, the numbers.
        var lines = Namespace.Run(() => File.ReadAllLines("/proc/thread-self/net/snmp")).Where(l => l.StartsWith("Ip:", StringComparison.Ordinal)).Select(l => l.Split(' ')).ToList();
        return long.Parse(lines[1][Array.IndexOf(lines[0], name["Ip".Length..])], CultureInfo.InvariantCulture);
    }
}
