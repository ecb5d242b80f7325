using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends;

/// <summary>Service ports that the kernel refuses as they are. The others must not wait for them; they are tried again when they change.</summary>
/// <param name="who">Who refuses, for people.</param>
internal sealed class PortQuarantine(string who)
{
    private readonly Dictionary<ServicePortName, (ServicePortState State, string Message)> refused = [];

    public IReadOnlyList<ServiceProblem> Problems => [.. refused.Select(r => new ServiceProblem(r.Key.Service, r.Value.Message))];

    public IReadOnlyCollection<ServicePortName> Names => [.. refused.Keys];

    public bool Has(ServicePortState port) => refused.Count > 0 && refused.TryGetValue(port.Name, out var entry) && entry.State.Equals(port);

    public void Add(ServicePortState port, string message) =>
        refused[port.Name] = (port, $"Service {port.Name.Service}, port {port.Name} is not served: {who} refused it ({message.TrimEnd('.')}). It is tried again when the Service changes.");

    /// <summary>Forgets ports that are gone or changed.</summary>
    public void Update(ProxyState desired)
    {
        foreach (var (name, (state, _)) in refused.ToArray())
        {
            if (!desired.Ports.TryGetValue(name, out var now) || !now.Equals(state))
                refused.Remove(name);
        }
    }
}
