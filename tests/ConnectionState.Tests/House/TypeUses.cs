using System.Reflection;
using System.Reflection.Emit;

namespace ConnectionStateService.Tests.House;

/// <summary>Which types a type names: in its base, members, signatures, attributes and method bodies.</summary>
internal static class TypeUses
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodes = typeof(OpCodes).GetFields()
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => o.Value);

    public static ISet<Type> Of(Type type) => Raw(type).SelectMany(Parts).Where(used => used != type).ToHashSet();

    /// <summary>The methods and fields that a type's bodies name.</summary>
    public static IEnumerable<MemberInfo> Members(Type type) =>
        type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)).SelectMany(Body);

    private static IEnumerable<Type?> Raw(Type type) =>
    [
        type.BaseType,
        .. type.GetInterfaces(),
        .. type.GetFields(All).Select(f => f.FieldType),
        .. type.GetConstructors(All).SelectMany(c => c.GetParameters()).Select(p => p.ParameterType),
        .. type.GetMethods(All).SelectMany(m => m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType)),
        .. type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All))
            .SelectMany(m => m.GetMethodBody()?.LocalVariables ?? []).Select(v => v.LocalType),
        .. type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All))
            .SelectMany(m => m.GetMethodBody()?.ExceptionHandlingClauses ?? [])
            .Where(c => c.Flags is ExceptionHandlingClauseOptions.Clause).Select(c => c.CatchType),
        .. type.GetMembers(All).Append(type).SelectMany(m => m.GetCustomAttributesData()).Select(a => a.AttributeType),
        .. Members(type).SelectMany(Named),
    ];

    private static IEnumerable<Type?> Named(MemberInfo member) => member switch
    {
        Type t => [t],
        FieldInfo f => [f.DeclaringType, f.FieldType],
        MethodInfo m => [m.DeclaringType, m.ReturnType, .. m.GetParameters().Select(p => p.ParameterType), .. m.GetGenericArguments()],
        _ => [member.DeclaringType],
    };

    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null || type.IsGenericParameter)
        {
            return [];
        }

        return type.HasElementType ? Parts(type.GetElementType()) : type.GetGenericArguments().SelectMany(Parts).Append(type);
    }

    private static IEnumerable<MemberInfo> Body(MethodBase method)
    {
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < il.Length;)
        {
            var opCode = OpCodes[il[at] == 0xFE ? (short)(0xFE00 | il[at + 1]) : il[at]];
            at += opCode.Size;
            if (opCode.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                yield return method.Module.ResolveMember(
                    BitConverter.ToInt32(il, at),
                    method.DeclaringType!.GetGenericArguments(),
                    method.IsGenericMethod ? method.GetGenericArguments() : null)!;
            }

            at += OperandSize(opCode, il, at);
        }
    }

    private static int OperandSize(OpCode opCode, byte[] il, int at) => opCode.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
        _ => 4,
    };
}
