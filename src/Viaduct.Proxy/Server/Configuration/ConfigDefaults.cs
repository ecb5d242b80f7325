using System.Net;
using System.Net.Sockets;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>Defaults that depend on other fields.</summary>
internal static class ConfigDefaults
{
    public const int HealthzPort = 10256;
    public const int MetricsPort = 10249;

    /// <summary>After reading a file: servers follow the family of bindAddress, and an address without a port gets the usual one.</summary>
    public static ProxyConfiguration Complete(ProxyConfiguration configuration)
    {
        var isIPv6 = IPAddress.TryParse(configuration.BindAddress, out var bind) && bind.AddressFamily == AddressFamily.InterNetworkV6;
        return configuration
            .With("healthzBindAddress", Server(configuration, "healthzBindAddress", isIPv6 ? "::" : "0.0.0.0", HealthzPort))
            .With("metricsBindAddress", Server(configuration, "metricsBindAddress", isIPv6 ? "::1" : "127.0.0.1", MetricsPort));
    }

    /// <summary>An address alone gets the port; what has one already, and what is empty (off), stays.</summary>
    public static string AppendPort(string address, int port) =>
        IPAddress.TryParse(address.TrimStart('[').TrimEnd(']'), out var ip) && !HasPort(address) ? new IPEndPoint(ip, port).ToString() : address;

    private static bool HasPort(string address) => address.StartsWith('[') ? address.Contains("]:", StringComparison.Ordinal) : address.Count(c => c == ':') == 1;

    private static string Server(ProxyConfiguration configuration, string field, string address, int port)
    {
        var said = (string)configuration[field]!;
        return said == (string)ConfigFields.ByPath[field].Default! ? new IPEndPoint(IPAddress.Parse(address), port).ToString() : AppendPort(said, port);
    }
}
