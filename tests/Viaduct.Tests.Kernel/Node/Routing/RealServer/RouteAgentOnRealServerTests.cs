using Viaduct.Kube.Api;

namespace Viaduct.Tests.Kernel.Node.Routing.RealServer;

/// <summary><c>viaduct routes</c> against a real API server.</summary>
public sealed class RouteAgentOnRealServerTests : RouteAgentTests
{
    private protected override async Task<IKubeApi> StartApiAsync() => await NodesOnRealServer.StartAsync();
}
