using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Proxy.Server;

/// <summary>How to run <c>viaduct proxy</c>.</summary>
public sealed record ProxyServerOptions
{
    public required ProxyConfiguration Configuration { get; init; }

    /// <summary>The file that the configuration came from and its text; a change of it ends the proxy. Null: it came from flags.</summary>
    public (string Path, string Text)? File { get; init; }

    /// <summary>Address of the API server; goes before the kubeconfig's.</summary>
    public string? Master { get; init; }

    /// <summary>Make the settings that need root, and end.</summary>
    public bool InitOnly { get; init; }
}
