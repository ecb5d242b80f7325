using System.Text.Json.Nodes;

namespace Viaduct.Kube.Server.Registry.Pods;

/// <summary>Rules of a pod's spec, alone or in a template (KK pkg/apis/core/validation).</summary>
internal static class PodValidation
{
    public static void Validate(string path, JsonObject? spec, FieldErrors errors)
    {
        if (spec is null)
        {
            errors.Required(path);
            return;
        }
        var volumes = ValidateVolumes($"{path}.volumes", spec, errors);
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (!spec.Items("containers").Any())
            errors.Required($"{path}.containers");
        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers"])
        {
            var index = 0;
            foreach (var container in spec.Items(list))
                ContainerValidation.Validate($"{path}.{list}[{index++}]", container, names, volumes, errors);
        }
        ValidateEnums(path, spec, errors);
        if (spec.Number("terminationGracePeriodSeconds") < 0)
            errors.Invalid($"{path}.terminationGracePeriodSeconds", spec["terminationGracePeriodSeconds"], "must be greater than or equal to 0");
        if (spec.Text("hostname") is { Length: > 0 } hostname)
            Names.Check($"{path}.hostname", hostname, NameRule.Label, errors);
        Names.CheckLabels($"{path}.nodeSelector", spec, "nodeSelector", errors);
        ValidateHostNetwork(path, spec, errors);
    }

    private static void ValidateEnums(string path, JsonObject spec, FieldErrors errors)
    {
        if (spec.Text("restartPolicy") is not ("Always" or "OnFailure" or "Never"))
            errors.NotSupported($"{path}.restartPolicy", spec.Text("restartPolicy"), "Always", "OnFailure", "Never");
        if (spec.Text("dnsPolicy") is not ("ClusterFirst" or "ClusterFirstWithHostNet" or "Default" or "None"))
            errors.NotSupported($"{path}.dnsPolicy", spec.Text("dnsPolicy"), "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");
        if (spec.Text("dnsPolicy") == "None" && spec.Child("dnsConfig")?.Texts("nameservers").Any() != true)
            errors.Required($"{path}.dnsConfig.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None");
    }

    private static HashSet<string> ValidateVolumes(string path, JsonObject spec, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var volume in spec.Items("volumes"))
        {
            var field = $"{path}[{index++}]";
            Names.Check($"{field}.name", volume.Text("name"), NameRule.Label, errors);
            if (volume.Text("name") is { } name && !names.Add(name))
                errors.Duplicate($"{field}.name", name);
            if (volume.Count(f => f.Key != "name") > 1)
                errors.Forbidden($"{field}.{volume.Last(f => f.Key != "name").Key}", "may not specify more than 1 volume type");
        }
        return names;
    }

    private static void ValidateHostNetwork(string path, JsonObject spec, FieldErrors errors)
    {
        if (!spec.Flag("hostNetwork"))
            return;
        var container = 0;
        foreach (var item in spec.Items("containers"))
        {
            var port = 0;
            foreach (var declared in item.Items("ports"))
            {
                if (declared.Number("hostPort") != declared.Number("containerPort"))
                    errors.Invalid($"{path}.containers[{container}].ports[{port}].containerPort", declared["containerPort"], "must match `hostPort` when `hostNetwork` is true");
                port++;
            }
            container++;
        }
    }
}
