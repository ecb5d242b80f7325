namespace Viaduct.Proxy;

/// <summary>
/// A backend that established connections run through, and not only their first packets. When another mode takes its place it must stay until they
/// have ended; then it is disposed of, and what it wrote is removed.
/// </summary>
public interface IDrainingBackend : IProxyBackend
{
    /// <summary>Removes what leads new connections here. Those that came stay.</summary>
    void StopTaking();

    /// <summary>Completes when the last connection has ended; after <see cref="StopTaking"/>.</summary>
    Task WaitForLastConnectionAsync(CancellationToken cancellation);
}
