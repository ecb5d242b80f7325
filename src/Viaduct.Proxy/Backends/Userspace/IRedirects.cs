namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>Leads packets for Services to the proxy's ports: to its <see cref="IProxyBackend.ApplyAsync"/> those ports are the endpoints.</summary>
public interface IRedirects : IProxyBackend
{
    /// <summary>Leads no new connection there any more. In the calling thread's network namespace, which is the one that it was opened in.</summary>
    void Remove();
}
