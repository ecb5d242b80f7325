using System.Text.Json.Nodes;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.Http;
using Viaduct.Proxy.Server.Metrics;

namespace Viaduct.Proxy.Server;

/// <summary>The pages of the metrics server.</summary>
internal sealed class ProxyPages(Func<ProxyConfiguration> configuration, ProxyMetrics metrics)
{
    public TinyAnswer Answer(string path) => path switch
    {
        "/metrics" => new TinyAnswer(200, metrics.Write(), "text/plain; version=0.0.4; charset=utf-8"),
        "/proxyMode" => new TinyAnswer(200, configuration().ProxyMode.Name()),
        "/healthz" => new TinyAnswer(200, "ok"),
        "/configz" => TinyAnswer.Json(200, new JsonObject { ["kubeproxy.config.k8s.io"] = configuration().ToJson() }.ToJsonString()),
        _ => TinyAnswer.NotFound,
    };
}
