using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Node.StandIns;

namespace Viaduct.Node.Containers;

/// <summary>Starts a container as a process when it has a command, as a stand-in when it has none.</summary>
internal sealed class ContainerRuntime(NodeOptions options, IKubeApi api, TimeProvider time) : IContainerRuntime
{
    public async Task<IRunningContainer> StartAsync(ContainerStart start, CancellationToken cancellation)
    {
        if (ContainerCommand.Of(start.Container) is not { } command)
            return StandInContainer.Start(start, time);
        var environment = await EnvironmentAsync(start, cancellation);
        IReadOnlyList<string> expanded = [.. command.Select(c => VariableExpansion.Expand(c, environment.GetValueOrDefault))];
        return await ProcessContainer.StartAsync(options, start, expanded, environment, cancellation);
    }

    private async Task<Dictionary<string, string>> EnvironmentAsync(ContainerStart start, CancellationToken cancellation)
    {
        var ns = start.Pod.Metadata.Namespace ?? "default";
        try
        {
            var environment = ContainerEnvironment.Build(start.Container, new EnvironmentSources(
                start.Pod,
                start.Addresses,
                options.NodeAddresses,
                options.NodeName,
                await ServicesAsync(ns, cancellation),
                await ConfigMapsAsync(ns, start.Container, cancellation)));
            environment.TryAdd("HOSTNAME", PodHostname.Of(start.Pod, options.NodeName));
            return environment;
        }
        catch (KubeApiException e)
        {
            throw new ContainerStartException("CreateContainerConfigError", $"reading what the environment refers to failed: {e.Message}", e) { IsConfiguration = true };
        }
    }

    private async Task<IReadOnlyList<Service>> ServicesAsync(string ns, CancellationToken cancellation)
    {
        var own = await api.ListAsync<Service>(new ListQuery { Namespace = ns }, cancellation);
        if (ns == "default")
            return own.Items;
        var shared = await api.ListAsync<Service>(new ListQuery { Namespace = "default", FieldSelector = "metadata.name=kubernetes" }, cancellation);
        return [.. shared.Items, .. own.Items];
    }

    private async Task<Dictionary<string, ConfigMap>> ConfigMapsAsync(string ns, Container container, CancellationToken cancellation)
    {
        var result = new Dictionary<string, ConfigMap>(StringComparer.Ordinal);
        foreach (var name in ContainerEnvironment.ConfigMapNames(container))
        {
            try
            {
                result[name] = await api.GetAsync<ConfigMap>(ns, name, cancellation);
            }
            catch (KubeApiException e) when (e.IsNotFound)
            {
                // Whether that is wrong depends on the reference: ContainerEnvironment decides.
            }
        }

        return result;
    }
}

/// <summary>The host name that a pod's processes see.</summary>
internal static class PodHostname
{
    /// <summary>spec.hostname, else the pod's name cut to what the kernel takes (64 bytes); on the host network the node's.</summary>
    public static string Of(Pod pod, string nodeName)
    {
        if (pod.Spec?.HostNetwork == true)
            return nodeName;
        var name = string.IsNullOrEmpty(pod.Spec?.Hostname) ? pod.Metadata.Name ?? "pod" : pod.Spec.Hostname;
        return name.Length <= 63 ? name : name[..63].TrimEnd('-', '.');
    }
}
