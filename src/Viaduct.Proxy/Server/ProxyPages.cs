using System.Text.Json.Nodes;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.Http;
using Viaduct.Proxy.Server.Metrics;
using Viaduct.Proxy.Server.Pages;

namespace Viaduct.Proxy.Server;

/// <summary>The pages of the metrics server.</summary>
internal sealed class ProxyPages(Func<ProxyConfiguration> configuration, ProxyMetrics metrics)
{
    private const string MetricsType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly SliMetrics slis = new();
    private readonly StatusPage status = new(["/configz", "/healthz", "/metrics", "/proxyMode"], TimeProvider.System);

    public TinyAnswer Answer(string path) => path switch
    {
        "/metrics" => new TinyAnswer(200, metrics.Write(), MetricsType),
        "/metrics/slis" => new TinyAnswer(200, slis.Write(), MetricsType),
        "/proxyMode" => new TinyAnswer(200, configuration().ProxyMode.Name()),
        "/healthz" => Healthy(),
        "/configz" => TinyAnswer.Json(200, new JsonObject { ["kubeproxy.config.k8s.io"] = configuration().ToJson() }.ToJsonString()),
        "/flagz" when configuration().IsAlphaEnabled(FeatureGates.Flagz) => new TinyAnswer(200, FlagPage.Write(configuration())),
        "/statusz" when configuration().IsAlphaEnabled(FeatureGates.Statusz) => new TinyAnswer(200, status.Write()),
        _ => TinyAnswer.NotFound,
    };

    private TinyAnswer Healthy()
    {
        slis.Answered();
        return new TinyAnswer(200, "ok");
    }
}
