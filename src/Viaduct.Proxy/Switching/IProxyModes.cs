using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Switching;

/// <summary>The modes of one IP family on one node, as far as a <see cref="SwitchingBackend"/> needs them.</summary>
public interface IProxyModes
{
    /// <summary>Every mode that may have left something.</summary>
    IReadOnlyList<ProxyMode> All { get; }

    /// <summary>Opens a mode's backend; nothing is changed before its first application.</summary>
    IProxyBackend Open(ProxyMode mode);

    /// <summary>Removes what a mode wrote, if anything, and nothing else. That the machine lacks what the mode needs is no error.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="serving">The mode that serves now; what both need stays.</param>
    void Remove(ProxyMode mode, ProxyMode serving);
}
