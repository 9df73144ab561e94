using ConnectionStateService.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ConnectionStateService.Tests.Architecture;

/// <summary>
/// The rules of .editorconfig that neither the build nor <c>dotnet format whitespace</c> checks. <c>dotnet format</c> checks them too, but takes
/// more than a minute and a half; <c>./test.sh long</c> runs it.
/// </summary>
public sealed class CodeStyleTests
{
    private static readonly HashSet<string> PredefinedTypes =
    [
        "Boolean", "Byte", "Char", "Decimal", "Double", "Int16", "Int32", "Int64", "Object", "SByte", "Single", "String", "UInt16", "UInt32", "UInt64",
    ];

    [Fact]
    public void The_code_follows_the_style()
    {
        var violations = Files().SelectMany(file => Violations(Path.GetRelativePath(Repository.Root, file), File.ReadAllText(file))).ToList();

        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [Theory]
    [InlineData("using B;\nusing A;", "using A")]
    [InlineData("using A;\nusing System;", "using System")]
    [InlineData("using static A.B;\nusing C;", "using C")]
    [InlineData("class C { int x; int M() => this.x; }", "this.x")]
    [InlineData("class C { int N() => 1; int M() => this.N(); }", "this.N")]
    [InlineData("class C { Int32 x; }", "Int32")]
    [InlineData("class C { void M(String s) { } }", "String")]
    public void A_violation_is_found(string code, string expected) =>
        Assert.Contains(Violations("file.cs", code), violation => violation.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("using System;\nusing System.Text;\nusing A;\nusing A.B;\nusing static A.C;\nusing X = A.D;")]
    [InlineData("class C { int x; C(int x) { this.x = x; } }")]
    [InlineData("class C(int x) { int x = x; int M() => this.x; }")]
    [InlineData("class C { int x; string M() => x.ToString(); }")]
    [InlineData("class C { int M() => this.Extension(); }")]
    [InlineData("class C { A.String M() => A.Object; }")]
    public void Code_that_follows_the_style_is_accepted(string code) => Assert.Empty(Violations("file.cs", code));

    private static IEnumerable<string> Files() =>
        new[] { "src", "tests", "samples", "protos" }
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules"));

    private static IEnumerable<string> Violations(string file, string code)
    {
        var root = CSharpSyntaxTree.ParseText(code).GetCompilationUnitRoot();
        var nodes = MisplacedUsings(root).Concat(NeedlessThis(root)).Concat(FrameworkNamesOfPredefinedTypes(root));
        return nodes.Select(node => $"{file}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {node}");
    }

    // System first, then by name; static ones and aliases at the end.
    private static IEnumerable<SyntaxNode> MisplacedUsings(CompilationUnitSyntax root)
    {
        var usings = root.Usings.Where(u => u.GlobalKeyword == default).ToList();
        return usings.Zip(usings.Skip(1)).Where(pair => CompareUsings(pair.First, pair.Second) > 0).Select(pair => pair.Second);
    }

    private static int CompareUsings(UsingDirectiveSyntax a, UsingDirectiveSyntax b) =>
        (Kind(a), SystemLast(a)).CompareTo((Kind(b), SystemLast(b))) is not 0 and var order
            ? order
            : string.Compare(Name(a), Name(b), StringComparison.OrdinalIgnoreCase);

    private static int Kind(UsingDirectiveSyntax directive) =>
        directive.Alias is not null ? 2 : directive.StaticKeyword != default ? 1 : 0;

    private static bool SystemLast(UsingDirectiveSyntax directive) =>
        directive.Alias is null && Name(directive) != "System" && !Name(directive).StartsWith("System.", StringComparison.Ordinal);

    private static string Name(UsingDirectiveSyntax directive) => directive.Alias?.Name.ToString() ?? directive.NamespaceOrType.ToString();

    // Needed only where a parameter or a variable has the same name, and to call extension methods.
    private static IEnumerable<SyntaxNode> NeedlessThis(CompilationUnitSyntax root) =>
        root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(access => access.Expression is ThisExpressionSyntax && !IsNeeded(access.Name.Identifier.Text, access));

    private static bool IsNeeded(string name, SyntaxNode access) =>
        Hiding(access).Contains(name) || (access.Parent is InvocationExpressionSyntax && !Methods(access).Contains(name));

    private static IEnumerable<string> Methods(SyntaxNode access) =>
        access.FirstAncestorOrSelf<TypeDeclarationSyntax>()!.Members.OfType<MethodDeclarationSyntax>().Select(method => method.Identifier.Text);

    private static IEnumerable<string> Hiding(SyntaxNode access)
    {
        var type = access.FirstAncestorOrSelf<TypeDeclarationSyntax>();
        var member = access.Ancestors().TakeWhile(node => node != type).OfType<MemberDeclarationSyntax>().LastOrDefault();
        return (type?.ParameterList?.Parameters.Select(p => p.Identifier.Text) ?? [])
            .Concat(member?.DescendantNodes().Select(NameOfVariable).OfType<string>() ?? []);
    }

    private static string? NameOfVariable(SyntaxNode node) => node switch
    {
        ParameterSyntax parameter => parameter.Identifier.Text,
        VariableDeclaratorSyntax variable => variable.Identifier.Text,
        SingleVariableDesignationSyntax variable => variable.Identifier.Text,
        _ => null,
    };

    private static IEnumerable<SyntaxNode> FrameworkNamesOfPredefinedTypes(CompilationUnitSyntax root) =>
        root.DescendantNodes().OfType<IdentifierNameSyntax>()
            .Where(name => PredefinedTypes.Contains(name.Identifier.Text)
                && name.Parent is VariableDeclarationSyntax or ParameterSyntax or MemberDeclarationSyntax or NullableTypeSyntax or TypeArgumentListSyntax
                    or ArrayTypeSyntax or CastExpressionSyntax);
}
