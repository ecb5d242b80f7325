using Viaduct.Cni.Types;

namespace Viaduct.Cni.Dispatch;

/// <summary>What a plugin does for each command; the dispatcher has checked the call before.</summary>
public interface ICniPlugin
{
    /// <summary>Attaches a container.</summary>
    CniResult Add(CniRequest request);

    /// <summary>Detaches a container; what is gone already is no error.</summary>
    void Delete(CniRequest request);

    /// <summary>Fails if the attachment is not as the previous result says.</summary>
    void Check(CniRequest request);

    /// <summary>Fails if no ADD could be served now.</summary>
    void Status(CniRequest request);

    /// <summary>Releases what belongs to no valid attachment.</summary>
    void CollectGarbage(CniRequest request);
}

/// <summary>A checked call.</summary>
public sealed record CniRequest
{
    /// <summary>The configuration's version.</summary>
    public required string Version { get; init; }

    /// <summary>The network's name.</summary>
    public required string Network { get; init; }

    /// <summary>The whole configuration.</summary>
    public required ConfigReader Config { get; init; }

    /// <summary>CNI_CONTAINERID; empty for GC and STATUS.</summary>
    public string ContainerId { get; init; } = "";

    /// <summary>CNI_IFNAME; empty for GC and STATUS.</summary>
    public string InterfaceName { get; init; } = "";

    /// <summary>CNI_NETNS; null if the namespace is gone.</summary>
    public string? NetNamespacePath { get; init; }

    /// <summary>CNI_ARGS.</summary>
    public required CniArguments Arguments { get; init; }

    /// <summary>Free text for the runtime's log.</summary>
    public required TextWriter Log { get; init; }
}
