using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry.Pods;

/// <summary>Defaults of a pod's spec, alone or in a template (KK pkg/apis/core/v1/defaults.go).</summary>
internal static class PodDefaults
{
    private const int DefaultFileMode = 420; // 0644

    public static void Apply(JsonObject spec)
    {
        spec.Default("restartPolicy", "Always");
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("terminationGracePeriodSeconds", 30);
        spec.Default("schedulerName", "default-scheduler");
        spec.Default("securityContext", new JsonObject());
        var hostNetwork = spec.Flag("hostNetwork");
        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers", "ephemeralContainers"])
        {
            foreach (var container in spec.Items(list))
                ApplyToContainer(container, hostNetwork);
        }
        foreach (var volume in spec.Items("volumes"))
            ApplyToVolume(volume);
    }

    private static void ApplyToContainer(JsonObject container, bool hostNetwork)
    {
        container.Default("imagePullPolicy", PullPolicy(container.Text("image") ?? ""));
        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        container.Default("resources", new JsonObject());
        foreach (var port in container.Items("ports"))
        {
            port.Default("protocol", "TCP");
            if (hostNetwork && port.Number("containerPort") is { } number)
                port.Default("hostPort", number);
        }
        foreach (var variable in container.Items("env"))
            variable.Child("valueFrom")?.Child("fieldRef")?.Default("apiVersion", "v1");
        foreach (var probe in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
            ApplyToProbe(container.Child(probe));
        foreach (var hook in (ReadOnlySpan<string>)["postStart", "preStop"])
            ApplyToHttpGet(container.Child("lifecycle")?.Child(hook)?.Child("httpGet"));
        ApplyToResources(container.Child("resources")!);
    }

    private static void ApplyToProbe(JsonObject? probe)
    {
        if (probe is null)
            return;
        probe.DefaultNumber("timeoutSeconds", 1);
        probe.DefaultNumber("periodSeconds", 10);
        probe.DefaultNumber("successThreshold", 1);
        probe.DefaultNumber("failureThreshold", 3);
        ApplyToHttpGet(probe.Child("httpGet"));
        probe.Child("grpc")?.Default("service", "");
    }

    private static void ApplyToHttpGet(JsonObject? get)
    {
        get?.Default("path", "/");
        get?.Default("scheme", "HTTP");
    }

    private static void ApplyToResources(JsonObject resources)
    {
        if (resources.Child("limits") is not { } limits)
            return;
        foreach (var (name, limit) in limits)
            resources.Ensure("requests").Default(name, limit!.DeepClone());
    }

    private static void ApplyToVolume(JsonObject volume)
    {
        if (!volume.Any(f => f.Key != "name"))
            volume["emptyDir"] = new JsonObject();
        foreach (var source in (ReadOnlySpan<string>)["secret", "configMap", "projected", "downwardAPI"])
            volume.Child(source)?.Default("defaultMode", DefaultFileMode);
        volume.Child("hostPath")?.Default("type", "");
    }

    /// <summary>Images without a tag or with the tag latest may change, so they are pulled anew.</summary>
    private static string PullPolicy(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal))
            return "IfNotPresent";
        var colon = image.LastIndexOf(':');
        var tag = colon > image.LastIndexOf('/') ? image[(colon + 1)..] : "latest";
        return tag == "latest" ? "Always" : "IfNotPresent";
    }
}
