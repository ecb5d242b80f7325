using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server.NodeFacts;

/// <summary>The node's name in the API.</summary>
internal static class Hostname
{
    /// <summary>The override if there is one, otherwise what the host calls itself; without blanks, in lower case.</summary>
    public static string Of(string overriding, string machine)
    {
        var name = (overriding.Length > 0 ? overriding : machine).Trim().ToLowerInvariant();
        return name.Length > 0 ? name : throw new ProxyConfigurationException("The name of this node is empty: give --hostname-override.");
    }
}
