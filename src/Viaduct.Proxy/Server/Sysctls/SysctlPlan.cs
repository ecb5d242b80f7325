using System.Globalization;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server.Sysctls;

/// <summary>Settings of connection tracking that kube-proxy makes at its start.</summary>
internal static class SysctlPlan
{
    private const string Prefix = "net.netfilter.nf_conntrack_";

    /// <summary>The limit of tracked connections; null leaves it as it is.</summary>
    public static int? Max(ConntrackConfiguration conntrack, int cores) => conntrack.MaxPerCore > 0
        ? (int)Math.Min(int.MaxValue, Math.Max(conntrack.MaxPerCore * (long)cores, conntrack.Min))
        : null;

    /// <summary>What to set, in order.</summary>
    public static IReadOnlyList<SysctlSetting> Of(ConntrackConfiguration conntrack, int cores)
    {
        var settings = new List<SysctlSetting>();
        if (Max(conntrack, cores) is { } max)
            settings.Add(new(Prefix + "max", max.ToString(CultureInfo.InvariantCulture)));
        Add(settings, "tcp_timeout_established", conntrack.TcpEstablishedTimeout);
        Add(settings, "tcp_timeout_close_wait", conntrack.TcpCloseWaitTimeout);
        if (conntrack.TcpBeLiberal)
            settings.Add(new(Prefix + "tcp_be_liberal", "1"));
        Add(settings, "udp_timeout", conntrack.UdpTimeout);
        Add(settings, "udp_timeout_stream", conntrack.UdpStreamTimeout);
        return settings;
    }

    private static void Add(List<SysctlSetting> settings, string name, TimeSpan timeout)
    {
        if (timeout > TimeSpan.Zero)
            settings.Add(new(Prefix + name, ((long)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture)));
    }
}

/// <summary>A setting below /proc/sys.</summary>
internal readonly record struct SysctlSetting(string Name, string Value);
