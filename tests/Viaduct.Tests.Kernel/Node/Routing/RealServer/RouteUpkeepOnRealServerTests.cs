using Viaduct.Kube.Api;

namespace Viaduct.Tests.Kernel.Node.Routing.RealServer;

/// <summary>All that the agent does about its routes, against a real API server.</summary>
public sealed class RouteUpkeepOnRealServerTests : RouteUpkeepTests
{
    private protected override async Task<IKubeApi> StartApiAsync() => await NodesOnRealServer.StartAsync();
}
