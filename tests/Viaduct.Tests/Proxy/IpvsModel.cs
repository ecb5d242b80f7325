using System.Net;
using Viaduct.Linux.Ipvs;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Ipvs;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy;

/// <summary>A kernel that takes edits as the real one does, and refuses what the real one refuses.</summary>
internal sealed class IpvsModel(BackendOptions options, IPAddress node)
{
    private readonly InstalledIpvs installed = new();
    private readonly NodeAddressBook book = new([node], options);
    private ProxyState state = ProxyState.Empty;

    public Dictionary<VirtualServiceKey, (VirtualServiceSpec Spec, Dictionary<string, int> Weights)> Services { get; } = [];

    public Dictionary<SetElement, uint> Elements { get; } = [];

    public HashSet<string> Addresses { get; } = [];

    public string Servers(string address, ushort port, TransportProtocol protocol = TransportProtocol.Tcp) => string.Join(
        ' ', Services[VirtualServiceKey.On((byte)protocol, IPAddress.Parse(address), port)].Weights.OrderBy(w => w.Key).Select(w => w.Value == 1 ? w.Key : $"{w.Key} ({w.Value})"));

    /// <summary>Brings the model to a state and answers how many changes that took.</summary>
    /// <param name="now">The state.</param>
    /// <param name="changed">What differs from the state before; null: everything may.</param>
    public int Apply(ProxyState now, IEnumerable<Frontend>? changed = null)
    {
        var frontends = (changed ?? state.Claims.Keys.Concat(now.Claims.Keys)).ToHashSet();
        frontends.UnionWith(frontends.Where(f => !f.IsNodePort && book.Has(f.Address)).Select(f => Frontend.NodePort(f.Protocol, f.Port)).ToList());
        state = now;
        var edit = new IpvsEdit(options.Family);
        var planner = new FrontendPlanner(book, installed.Marks);
        new IpvsDiffer(installed, options.Ipvs, edit).Apply([.. frontends.Select(f => (f, planner.Plan(now, f)))]);
        Make(edit);
        return edit.Count;
    }

    /// <summary>Compares with a model that was given the last state alone. Marks may differ, and endpoints of weight 0 may be left.</summary>
    public void AssertIsAsIfNew()
    {
        var other = new IpvsModel(options, node);
        other.Apply(state);
        Assert.Equal(other.Addresses.Order(), Addresses.Order());
        Assert.Equal(other.Elements.Keys.Select(e => e.ToString()).Order(), Elements.Keys.Select(e => e.ToString()).Order());
        Assert.Equal(other.Described(), Described());
    }

    private IEnumerable<string> Described() => Services.Select(s =>
    {
        // A mark is known by the entries that carry it.
        var name = s.Key.Address is null ? string.Join(',', Elements.Where(e => e.Value == s.Key.FirewallMark).Select(e => e.Key.ToString()).Order()) : s.Key.ToString();
        return $"{name}: {string.Join(' ', s.Value.Weights.Where(w => w.Value > 0).Select(w => w.Key).Order())}";
    }).Order();

    private void Make(IpvsEdit edit)
    {
        foreach (var (element, mark) in edit.AddedElements.Values.SelectMany(e => e))
            Elements[element] = mark;
        foreach (var command in edit.Additions.Commands)
            Make(command);
        foreach (var address in edit.AddedAddresses)
            Assert.True(Addresses.Add(address.ToString()));
        foreach (var (element, _) in edit.DeletedElements.Values.SelectMany(e => e))
            Assert.True(Elements.Remove(element));
        foreach (var address in edit.DeletedAddresses)
            Assert.True(Addresses.Remove(address.ToString()));
        foreach (var command in edit.Deletions.Commands)
            Make(command);
    }

    private void Make(IpvsCommand command)
    {
        var key = command.Service;
        switch (command.Describe().Split(' '))
        {
            case ["adding", "virtual", ..]: Services.Add(key, (command.Spec!, [])); break;
            case ["changing", "virtual", ..]: Services[key] = (command.Spec!, Services[key].Weights); break;
            case ["deleting", "virtual", ..]: Assert.True(Services.Remove(key)); break;
            case ["adding", ..]: Services[key].Weights.Add(command.Destination!.ToString(), command.Destination.Weight); break;
            case ["changing", ..]:
                Assert.True(Services[key].Weights.ContainsKey(command.Destination!.ToString()));
                Services[key].Weights[command.Destination.ToString()] = command.Destination.Weight;
                break;
            default: Assert.True(Services[key].Weights.Remove(command.Destination!.ToString())); break;
        }
    }
}
