using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>A backend that shows what the kernel has of a Service port beside what it should have, in the words of its mode.</summary>
public interface IInspectedBackend
{
    /// <summary>Reads the kernel anew; not while an application runs.</summary>
    /// <param name="desired">What was applied last.</param>
    /// <param name="port">One of its ports.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<IReadOnlyList<KernelItem>> InspectAsync(ProxyState desired, ServicePortState port, CancellationToken cancellation);
}
