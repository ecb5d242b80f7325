using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Nftables;

/// <summary>Sees what the planner does with each frontend.</summary>
internal interface IFrontendObserver
{
    /// <summary>A frontend is about to be planned, for this Service port or for nobody.</summary>
    void Begin(Frontend frontend, ServicePortName? port);

    /// <summary>A frontend was planned.</summary>
    void Planned();
}
