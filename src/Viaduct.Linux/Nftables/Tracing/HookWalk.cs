using System.Net;

namespace Viaduct.Linux.Nftables.Tracing;

/// <summary>One packet's way through the hooks.</summary>
internal sealed class HookWalk
{
    private readonly NftRuleset ruleset;
    private readonly NftHost host;
    private readonly TracedPacket packet;
    private readonly ChainWalk chains;

    public HookWalk(NftRuleset ruleset, NftHost host, TracedPacket packet, Choices choices)
    {
        this.ruleset = ruleset;
        this.host = host;
        this.packet = packet;
        chains = new ChainWalk(ruleset, new ExpressionEvaluator(ruleset, host, packet, choices));
    }

    public NftOutcome Run() => packet.Original.InputInterface is null ? FromHere() : FromOutside();

    public NftTrace ToTrace(NftOutcome outcome, double probability) => new()
    {
        Outcome = outcome,
        Probability = probability,
        Destination = new IPEndPoint(packet.Destination, packet.DestinationPort),
        IsTranslated = packet.HasDestinationNat,
        IsMasqueraded = packet.HasSourceNat,
        Path = [.. chains.Path],
        Changes = [.. chains.Changes],
    };

    private NftOutcome FromOutside()
    {
        if (Hook(NftHookPoint.Prerouting) is var before and not NftOutcome.Accepted)
            return before;
        if (host.IsLocal(packet.Destination))
            return Hook(NftHookPoint.Input);
        packet.OutputInterface = host.OutputInterface(packet.Destination);
        if (Hook(NftHookPoint.Forward) is var between and not NftOutcome.Accepted)
            return between;
        // A bridge that hands a packet on tells postrouting no input device (br_nf_post_routing).
        if (packet.InputInterface == packet.OutputInterface && host.Bridges.Contains(packet.InputInterface))
            packet.InputInterface = "";
        return Hook(NftHookPoint.Postrouting);
    }

    private NftOutcome FromHere()
    {
        packet.OutputInterface = Device(packet.Destination);
        if (Hook(NftHookPoint.Output) is var before and not NftOutcome.Accepted)
            return before;
        packet.OutputInterface = Device(packet.Destination);
        if (Hook(NftHookPoint.Postrouting) is var after and not NftOutcome.Accepted)
            return after;
        return packet.OutputInterface == "lo" ? ThroughLoopback() : NftOutcome.Accepted;
    }

    // It comes in again with the connection that it has, so filters see it as new and NAT is done with it.
    private NftOutcome ThroughLoopback()
    {
        packet.InputInterface = "lo";
        packet.OutputInterface = "";
        packet.IsDestinationDecided = true;
        return Hook(NftHookPoint.Prerouting) is var before and not NftOutcome.Accepted ? before : Hook(NftHookPoint.Input);
    }

    private string Device(IPAddress destination) => host.IsLocal(destination) ? "lo" : host.OutputInterface(destination);

    private NftOutcome Hook(NftHookPoint point)
    {
        foreach (var chain in ruleset.Chains.Values.Where(c => c.Hook?.Point == point).OrderBy(c => c.Hook!.Priority))
        {
            if (chain.Hook!.Type == NftChainType.Nat && IsNatDone(point))
                continue;
            if (chains.Run(chain) is var outcome and not NftOutcome.Accepted)
                return outcome;
        }

        return NftOutcome.Accepted;
    }

    // NAT chains see only the first packet of a connection, until one of them decides (nf_nat_inet_fn).
    private bool IsNatDone(NftHookPoint point) =>
        !packet.Original.IsNew || (point is NftHookPoint.Postrouting or NftHookPoint.Input ? packet.HasSourceNat : packet.IsDestinationDecided);
}
