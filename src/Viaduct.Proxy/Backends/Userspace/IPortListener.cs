namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>The port of the proxy that a Service port's connections are redirected to, for one set of endpoints.</summary>
internal interface IPortListener
{
    /// <summary>The port on the proxy's address.</summary>
    ushort Port { get; }

    /// <summary>The balancer has other endpoints.</summary>
    void OnEndpointsChanged();

    /// <summary>Takes the clients that wait; false if some still wait after it.</summary>
    Task<bool> TakeWaitingAsync();

    /// <summary>Takes no more clients. TCP connections live on until they end; UDP sessions end.</summary>
    Task CloseAsync();
}
