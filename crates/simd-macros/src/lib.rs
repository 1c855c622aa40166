//! The attribute `#[kernel]`, which compiles a function for every supported instruction set. `ohmspike-simd` re-exports
//! and documents it as `ohmspike_simd::kernel`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Error, FnArg, GenericParam, Ident, ItemFn, Pat, Signature, Token, parse_macro_input, parse_quote};

/// See `ohmspike_simd::kernel`.
#[proc_macro_attribute]
pub fn kernel(attribute: proc_macro::TokenStream, function: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (simd, function) = (parse_macro_input!(attribute as Simd), parse_macro_input!(function as ItemFn));
    expand(&simd, &function).unwrap_or_else(Error::into_compile_error).into()
}

/// The argument `simd: S` of the attribute: the name of the instruction-set token of a clone and the name of its type.
/// `None` if the body does not use them.
struct Simd(Option<(Ident, Ident)>);

impl Parse for Simd {
    fn parse(input: ParseStream) -> syn::Result<Simd> {
        if input.is_empty() {
            return Ok(Simd(None));
        }
        let value = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Simd(Some((value, input.parse()?))))
    }
}

impl Simd {
    /// Generates the prologue of a clone for `instructions` with the token `proof`.
    fn introduce(&self, instructions: TokenStream, proof: TokenStream) -> Option<TokenStream> {
        let (value, name) = self.0.as_ref()?;
        Some(quote! {
            #[allow(unused_imports)]
            use ::ohmspike_simd::Simd as _;
            #[allow(dead_code)]
            type #name = #instructions;
            #[allow(unsafe_code)]
            let #value: #instructions = #proof;
        })
    }
}

/// Expands the function to a choice of clones. Each clone contains the whole body, because closures are compiled with
/// the instructions of the function that contains them. In a body that is only inlined into the clones, closures would
/// use the baseline.
fn expand(simd: &Simd, function: &ItemFn) -> syn::Result<TokenStream> {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let (outer, names) = named(sig)?;
    let types: Vec<&Ident> = sig.generics.params.iter().filter_map(type_name).collect();
    let clone = |name: &str| Signature { ident: format_ident!("kernel_{name}"), ..sig.clone() };
    let (avx512, avx2, baseline) = (clone("avx512"), clone("avx2"), clone("baseline"));
    let for_avx512 =
        simd.introduce(quote!(::ohmspike_simd::Avx512), quote!(unsafe { ::ohmspike_simd::Avx512::assume() }));
    let for_avx2 = simd.introduce(quote!(::ohmspike_simd::Avx2), quote!(unsafe { ::ohmspike_simd::Avx2::assume() }));
    let for_baseline = simd.introduce(quote!(::ohmspike_simd::Baseline), quote!(::ohmspike_simd::Baseline));
    // SAFETY of the following code: `Instructions::current` only returns instructions that the CPU supports, so a clone
    // only runs if its features are present, and within a clone they may be assumed.
    Ok(quote! {
        #(#attrs)*
        #vis #outer {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2,lzcnt,popcnt")]
            #avx512 {
                #for_avx512
                #block
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
            #avx2 {
                #for_avx2
                #block
            }

            #baseline {
                #for_baseline
                #block
            }

            match ::ohmspike_simd::Instructions::current() {
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code)]
                ::ohmspike_simd::Instructions::Avx512 => unsafe { kernel_avx512::<#(#types),*>(#(#names),*) },
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code)]
                ::ohmspike_simd::Instructions::Avx2 => unsafe { kernel_avx2::<#(#types),*>(#(#names),*) },
                _ => kernel_baseline::<#(#types),*>(#(#names),*),
            }
        }
    })
}

/// Returns the signature with a simple name for each argument, and these names.
fn named(signature: &Signature) -> syn::Result<(Signature, Vec<Ident>)> {
    let mut named = signature.clone();
    let mut names = Vec::new();
    for (number, argument) in named.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = argument else {
            return Err(Error::new_spanned(argument, "unexpected `self`; a kernel must be a free function"));
        };
        let name = match &*argument.pat {
            Pat::Ident(plain) => plain.ident.clone(),
            _ => format_ident!("argument_{number}"),
        };
        *argument.pat = parse_quote!(#name);
        names.push(name);
    }
    Ok((named, names))
}

/// Returns the name of a generic type or constant; lifetimes are inferred.
fn type_name(parameter: &GenericParam) -> Option<&Ident> {
    match parameter {
        GenericParam::Type(parameter) => Some(&parameter.ident),
        GenericParam::Const(parameter) => Some(&parameter.ident),
        GenericParam::Lifetime(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(attribute: &str, function: &str) -> String {
        let function = syn::parse_str(function).expect("a function");
        let expanded = syn::parse_str(attribute).and_then(|simd| expand(&simd, &function));
        expanded.expect_err("refused").to_string()
    }

    #[test]
    fn rejects_methods_and_invalid_attributes() {
        let told = "unexpected `self`; a kernel must be a free function";
        assert_eq!(refusal("", "fn add(&mut self) {}"), told);
        assert_eq!(refusal("simd", "fn add() {}"), "expected `:`");
        assert_eq!(refusal("simd: S, 2", "fn add() {}"), "unexpected token");
    }
}
