using System.CommandLine;
using Viaduct.Cluster.Model;

namespace Viaduct.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<string> Name() => new("--name")
    {
        Description = "Name of the cluster",
        DefaultValueFactory = _ => "viaduct",
    };

    public static Option<string> Output()
    {
        var option = new Option<string>("--output", "-o") { Description = "text for people, json for machines", DefaultValueFactory = _ => "text" };
        option.AcceptOnlyFromAmong("text", "json");
        return option;
    }

    public static ClusterPaths Paths(this ParseResult parse, Option<string> name) => ClusterPaths.For(parse.GetValue(name)!);
}
